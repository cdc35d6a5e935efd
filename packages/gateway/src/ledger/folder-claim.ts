import { mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SpoolOwners } from './spool-owner.ts';

export interface FolderClaimInput {
  /** Folder of the spools. */
  readonly directory: string;
  /** Where the rows go: the same text for the same database. */
  readonly database: string;
  readonly owners: SpoolOwners;
  /** Small letters and digits, at most 16, others each time. */
  readonly newId: () => string;
}

/** Who brings the spools of a folder where, as its file tells. */
interface Claim {
  readonly owner: string;
  readonly database: string;
}

const FILE = 'gateway.json';

/**
 * Says of a folder of spools that its rows go to one database; gives what takes that back. Whoever drains a folder takes all
 * that is in it, so two gateways with a database each would have the rows of both in both, or in the other one alone. Rows that
 * a gateway left behind which is gone go to whatever database is in use now: it may have been moved. Throws an Error where a
 * gateway that still runs brings them to another database.
 */
export function claimFolder({ database, directory, newId, owners }: FolderClaimInput): () => void {
  const path = join(directory, FILE);
  const other = readClaim(path);
  if (other !== undefined && other.database !== database && owners.stateOf(other.owner) === 'alive') {
    throw new Error(
      `A gateway that runs already keeps the rows of another database (${other.database}) in ${directory}. Give one of both a ` +
        'folder of its own with `database.path`.',
    );
  }
  const owner = owners.nameOf(newId());
  writeClaim(path, { owner, database });
  return () => {
    // Another gateway over the same database may have come since.
    if (readClaim(path)?.owner === owner) unlinkSync(path);
  };
}

/** In one step, so that nobody reads half of it. A disk that is full is no reason not to start. */
function writeClaim(path: string, claim: Claim): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.new`, JSON.stringify(claim), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    // The spool tells of a folder that cannot be written.
  }
}

/** Undefined where there is none, or none that can be read. */
function readClaim(path: string): Claim | undefined {
  try {
    const { database, owner }: Partial<Claim> = JSON.parse(readFileSync(path, 'utf8'));
    return typeof owner === 'string' && typeof database === 'string' ? { owner, database } : undefined;
  } catch {
    return undefined;
  }
}
