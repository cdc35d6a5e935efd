/** Parts of the record that others keep copies of. */
export type RevisionTopic = 'keys' | 'providers' | 'tenants' | 'budgets';

/** How often each part was changed: a copy of a part is good as long as its number is the same. */
export type Revisions = Readonly<Record<RevisionTopic, number>>;

/** Tells whoever keeps copies of parts of the record that a part was changed, in this process or any other. */
export interface RevisionStore {
  read(): Promise<Revisions>;
  /**
   * Calls `onChange` with the parts that changed since the last call, or since the revisions that are given. Where the
   * database tells by itself that is at once, otherwise within `pollMs`. While the database cannot be reached nothing is
   * told, and afterwards what was missed. The returned function ends it.
   */
  watch(input: RevisionWatch): () => Promise<void>;
}

export interface RevisionWatch {
  /** What the caller has read is at least of these. */
  readonly since: Revisions;
  readonly onChange: (topics: readonly RevisionTopic[]) => void;
  /** Told whenever the record has answered, which is asked at least once in `pollMs`. */
  readonly onAnswer: () => void;
  readonly pollMs: number;
}
