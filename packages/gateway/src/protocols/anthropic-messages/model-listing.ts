import { type ListedModel, MODEL_CREATED, type ModelListing } from '../model-listing.ts';

const createdAt = new Date(MODEL_CREATED * 1_000).toISOString();

/** Models as Anthropic's clients list them, all on one page. */
export const anthropicModelListing: ModelListing = {
  list: (models) => ({
    data: models.map(describe),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  }),
  describe,
};

function describe({ id }: ListedModel) {
  return { type: 'model', id, display_name: id, created_at: createdAt };
}
