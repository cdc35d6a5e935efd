import type { ModelFacts, ModelPrices } from './model-facts.ts';
import { modelOverlay } from './model-overlay.ts';
import { tierOverlay } from './tier-overlay.ts';

/** What our own table has of a model at a provider; undefined when it has nothing. */
export function overlayFactsOf(provider: string, model: string): ModelFacts | undefined {
  const known = modelOverlay.get(provider);
  if (known === undefined) return undefined;
  const name = plainNameOf(model);
  return known.get(name) ?? known.get(name.replace(release, ''));
}

/** What our own table has of the prices of a model's tiers of service; undefined when it has nothing. */
export function overlayTiersOf(provider: string, model: string): ModelPrices['tiers'] {
  const known = tierOverlay.get(provider);
  if (known === undefined) return undefined;
  const name = plainNameOf(model);
  const own = known.get(name) ?? known.get(name.replace(release, ''));
  const ofAll = known.get('*');
  return own === undefined || ofAll === undefined ? (own ?? ofAll) : { ...ofAll, ...own };
}

/** A date or number, and words for which of them: `-2024-08-06`, `@20250929`, `-v2:0`, `-preview-05-20`, `-latest`. */
const release =
  /(?:-latest|-preview|-exp)?(?:[-@](?:\d{8}|\d{4}-\d\d-\d\d|\d\d-\d\d(?:\d\d)?|\d{3,4}))?(?:-v\d{1,2})?(?::\d{1,2})?$/;

/** Without the path, region and maker that platforms put before it: `us.anthropic.…`, `publishers/google/models/…`. */
function plainNameOf(model: string): string {
  return model
    .slice(model.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/^(?:[a-z-]{2,8}\.)?(?:anthropic|meta|mistral|cohere|deepseek|openai)\./, '')
    .replaceAll('.', '-');
}
