type Given<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

/** Only what is set: a name with nothing behind it would hide what is set above it. */
export function given<Values extends object>(values: Values): Given<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<Values>;
}
