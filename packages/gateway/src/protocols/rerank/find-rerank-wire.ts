import { cohereRerank } from './cohere.ts';
import { jinaRerank } from './jina.ts';
import type { RerankWire, RerankWireName } from './rerank-wire.ts';
import { togetherRerank } from './together.ts';

const wires: Readonly<Record<RerankWireName, RerankWire>> = {
  cohere: cohereRerank,
  jina: jinaRerank,
  together: togetherRerank,
};

/** The wire format of a name. */
export function findRerankWire(name: RerankWireName): RerankWire {
  return wires[name];
}
