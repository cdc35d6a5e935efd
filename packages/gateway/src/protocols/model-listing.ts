import type { JsonObject } from '../canonical/json.ts';

/** How the clients of a wire list the models that there are. */
export interface ModelListing {
  list(models: readonly ListedModel[]): JsonObject;
  describe(model: ListedModel): JsonObject;
}

/** A model as it is listed: who serves it, and whether one of them can now. */
export interface ListedModel {
  readonly id: string;
  readonly providers: readonly { readonly name: string; readonly available: boolean }[];
  /** What is known of it, as members of its listing: limits, capabilities, prices. */
  readonly facts?: JsonObject;
}

/** Models have no date of making here, and client libraries want one: seconds since 1970. */
export const MODEL_CREATED = 1_700_000_000;
