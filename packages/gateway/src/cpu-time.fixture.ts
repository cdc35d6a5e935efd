const ROUNDS = 60;

/** Prints the microseconds of CPU time that one item takes in the best of 60 rounds, which the rest of the machine disturbed least. */
export function printCpuTime<Item>(name: string, items: readonly Item[], run: (item: Item) => void): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (const item of items) run(item);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / items.length);
  }
  console.log(`${name.padEnd(40)} ${best.toFixed(2).padStart(8)} µs`);
}
