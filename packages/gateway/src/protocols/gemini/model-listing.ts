import type { ListedModel, ModelListing } from '../model-listing.ts';

/** Models as Google's clients list them, all on one page. */
export const geminiModelListing: ModelListing = {
  list: (models) => ({ models: models.map(describe) }),
  describe,
};

function describe({ id }: ListedModel) {
  return {
    name: `models/${id}`,
    displayName: id,
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
  };
}
