import { GatewayError } from '../canonical/gateway-error.ts';
import type { SecretBox } from '../credentials/secret-box.ts';
import type { Budget } from '../stores/budget-store.ts';
import type { KeyHash } from '../stores/key-store.ts';
import type { StoredModel, StoredProvider } from '../stores/provider-store.ts';
import type { ImageField } from '../stores/record-image-store.ts';
import type { KnownKey } from './known-key.ts';
import type { KnownTenants } from './read-known-tenants.ts';
import type { TargetRows } from './stored-targets.ts';

/** What a process needs beside keys to serve requests in place of the record. */
export interface ImageRows {
  readonly targets: TargetRows;
  readonly budgets: readonly Budget[];
  /** For keys of the configuration, which are in no image. */
  readonly tenants: KnownTenants;
}

/** The field with the salt from which the key of a box may be derived; it is no secret, and in clear. */
export const SALT_FIELD = 'salt';
/** The field that says how many fields with rows there are. */
export const HEAD_FIELD = 'head';
/** Rows in one field. */
const ROWS = 200;
/** Rows of an image; a record with more of them has none. */
const MOST_ROWS = 200_000;

/**
 * The fields of one image: each is sealed, and bound to its name and to the version of the image. Who may write into the
 * store can make no key, lead no provider's credential elsewhere and mix no two images.
 */
export class ImageSeal {
  readonly #box: SecretBox;
  readonly #version: string;

  constructor(box: SecretBox, version: string) {
    this.#box = box;
    this.#version = version;
  }

  /** Throws where there are more rows than an image has. */
  sealRows({ budgets, targets, tenants }: ImageRows): readonly ImageField[] {
    const rows: readonly Row[] = [
      ...targets.providers.map((provider) => ({ provider })),
      ...targets.models.map((model) => ({ model })),
      ...budgets.map((budget) => ({ budget: { ...budget, capNanos: String(budget.capNanos) } })),
      ...tenants.known.map((tenant) => ({ tenant })),
      { hasAllTenants: tenants.isWhole },
    ];
    if (rows.length > MOST_ROWS) {
      throw new GatewayError(
        'internal',
        `More than ${MOST_ROWS} providers, models, budgets and tenants are kept in no image.`,
      );
    }
    const count = Math.ceil(rows.length / ROWS);
    const fields = rowFields(count).map((name, index) =>
      this.#seal(name, rows.slice(index * ROWS, (index + 1) * ROWS)),
    );
    return [this.#seal(HEAD_FIELD, count), ...fields];
  }

  sealKey(hash: KeyHash, known: KnownKey): ImageField {
    return this.#seal(keyField(hash), { ...known, endsAt: Number.isFinite(known.endsAt) ? known.endsAt : null });
  }

  /** Names of the fields with rows. Throws a `GatewayError` here and below where a field is not what was sealed. */
  openHead(sealed: string): readonly string[] {
    return rowFields(this.#open(HEAD_FIELD, sealed) as number);
  }

  /** The rows of fields, in the order of their names. */
  openRows(fields: readonly ImageField[]): ImageRows {
    const rows = fields.flatMap(([name, sealed]) => this.#open(name, sealed) as readonly Row[]);
    return {
      targets: {
        providers: rows.flatMap(({ provider }) => provider ?? []),
        models: rows.flatMap(({ model }) => model ?? []),
      },
      budgets: rows.flatMap(({ budget }) => (budget ? { ...budget, capNanos: BigInt(budget.capNanos) } : [])),
      tenants: {
        known: rows.flatMap(({ tenant }) => (tenant ? [tenant] : [])),
        // Gateways before this one left tenants out.
        isWhole: rows.some(({ hasAllTenants }) => hasAllTenants),
      },
    };
  }

  openKey(hash: KeyHash, sealed: string): KnownKey {
    const known = this.#open(keyField(hash), sealed) as SealedKey;
    return { ...known, endsAt: known.endsAt ?? Number.POSITIVE_INFINITY };
  }

  #seal(name: string, value: unknown): ImageField {
    return [name, this.#box.seal(JSON.stringify(value), this.#context(name))];
  }

  #open(name: string, sealed: string): unknown {
    return JSON.parse(this.#box.open(sealed, this.#context(name)));
  }

  #context(name: string): string {
    return `record image ${this.#version} ${name}`;
  }
}

interface Row {
  readonly provider?: StoredProvider;
  readonly model?: StoredModel;
  /** JSON has no numbers as large as a cap may be. */
  readonly budget?: Omit<Budget, 'capNanos'> & { readonly capNanos: string };
  readonly tenant?: KnownTenants['known'][number];
  readonly hasAllTenants?: boolean;
}

/** Null where nothing ends it: JSON has no infinity. */
type SealedKey = Omit<KnownKey, 'endsAt'> & { readonly endsAt: number | null };

export function keyField(hash: KeyHash): string {
  return `key:${hash}`;
}

function rowFields(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `rows:${index}`);
}
