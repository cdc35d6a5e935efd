import { type ListedModel, MODEL_CREATED, type ModelListing } from '../model-listing.ts';

/** Models as OpenAI's clients list them, and who serves each. */
export const openaiModelListing: ModelListing = {
  list: (models) => ({ object: 'list', data: models.map(describe) }),
  describe,
};

function describe({ facts, id, providers }: ListedModel) {
  return {
    id,
    object: 'model',
    created: MODEL_CREATED,
    owned_by: providers[0]?.name ?? 'llm-gateway',
    providers: providers.map(({ name, available }) => ({ name, available })),
    ...facts,
  };
}
