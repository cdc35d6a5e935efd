/** A number behind one set of labels. */
export interface MetricChild {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

/** The distribution behind one set of labels; `counts` has one more place than there are bounds. */
export interface HistogramChild {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: number[];
  sum: number;
  observe(value: number): void;
}

/** One sample as prom-client renders and aggregates it. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

/** A metric as prom-client's registries take it: read at scrape time, so that counting is an addition and nothing else. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator: 'sum' | 'max';
  get(): Promise<MetricFamilySnapshot>;
}

export interface MetricFamilySnapshot extends Omit<MetricFamily, 'get'> {
  readonly values: MetricSample[];
}

export interface MetricFamilyOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

/** Label sets of one metric; what comes after them is counted under `other`. */
export const maxLabelSets = 1000;

/** A counter or gauge with labels. */
export class NumberFamily<Label extends string> implements MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly aggregator: 'sum' | 'max';
  readonly #children: LabelSets<Label, MetricChild>;

  constructor(options: MetricFamilyOptions<Label> & { type: 'counter' | 'gauge'; aggregator?: 'sum' | 'max' }) {
    this.name = options.name;
    this.help = options.help;
    this.type = options.type;
    this.aggregator = options.aggregator ?? 'sum';
    this.#children = new LabelSets(options.labels, (labels) => ({ labels, value: 0 }));
    // A metric without labels shows its zero from the start.
    if (options.labels.length === 0) this.child();
  }

  /** The child of these label values, given in the order of the family's labels. Keep it where it is used often. */
  child(...values: string[]): MetricChild {
    return this.#children.get(values);
  }

  /** Forgets all children. */
  clear(): void {
    this.#children.clear();
  }

  async get(): Promise<MetricFamilySnapshot> {
    const values = this.#children.all().map(({ labels, value }) => ({ labels, value }));
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }
}

/** A histogram with labels and fixed, ascending upper bounds. */
export class HistogramFamily<Label extends string> implements MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #bounds: readonly number[];
  readonly #children: LabelSets<Label, HistogramChild>;

  constructor(options: MetricFamilyOptions<Label> & { buckets: readonly number[] }) {
    this.name = options.name;
    this.help = options.help;
    this.#bounds = options.buckets;
    this.#children = new LabelSets(options.labels, (labels) => new Distribution(labels, options.buckets));
    if (options.labels.length === 0) this.child();
  }

  child(...values: string[]): HistogramChild {
    return this.#children.get(values);
  }

  async get(): Promise<MetricFamilySnapshot> {
    const values = this.#children.all().flatMap((child) => this.#samples(child));
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  #samples(child: HistogramChild): MetricSample[] {
    let total = 0;
    const samples: MetricSample[] = child.counts.map((count, index) => {
      total += count;
      const bound = this.#bounds[index] ?? '+Inf';
      return { metricName: `${this.name}_bucket`, labels: { le: bound, ...child.labels }, value: total };
    });
    samples.push({ metricName: `${this.name}_sum`, labels: child.labels, value: child.sum });
    samples.push({ metricName: `${this.name}_count`, labels: child.labels, value: total });
    return samples;
  }
}

class Distribution implements HistogramChild {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: number[];
  readonly #bounds: readonly number[];
  sum = 0;

  constructor(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#bounds[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    this.counts[low] = (this.counts[low] as number) + 1;
    this.sum += value;
  }
}

/** The children of a family by their label values, at most `maxLabelSets` and one for the rest. */
class LabelSets<Label extends string, Child> {
  readonly #labels: readonly Label[];
  readonly #create: (labels: Readonly<Record<string, string>>) => Child;
  readonly #children = new Map<string, Child>();

  constructor(labels: readonly Label[], create: (labels: Readonly<Record<string, string>>) => Child) {
    this.#labels = labels;
    this.#create = create;
  }

  get(values: readonly string[]): Child {
    const key = values.join('\n');
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const others = this.#labels.map(() => 'other');
    const otherKey = others.join('\n');
    if (this.#children.size >= maxLabelSets && key !== otherKey) return this.get(others);
    const labels = Object.fromEntries(this.#labels.map((label, index) => [label, values[index] ?? '']));
    const child = this.#create(labels);
    this.#children.set(key, child);
    return child;
  }

  clear(): void {
    this.#children.clear();
  }

  all(): Child[] {
    return [...this.#children.values()];
  }
}
