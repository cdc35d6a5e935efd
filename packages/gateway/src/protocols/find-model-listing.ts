import type { IncomingHttpHeaders } from 'node:http';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { anthropicModelListing } from './anthropic-messages/model-listing.ts';
import { usualProtocol } from './find-protocol.ts';
import { geminiModelListing } from './gemini/model-listing.ts';
import type { ModelListing } from './model-listing.ts';
import { openaiModelListing } from './openai-chat/model-listing.ts';

/** Where clients ask for models, and whose clients they are as far as the path tells. */
export const modelPaths: readonly { readonly path: string; readonly protocol: ProtocolName }[] = [
  { path: '/v1/models', protocol: usualProtocol },
  { path: '/v1beta/models', protocol: 'gemini' },
];

const listings: Readonly<Partial<Record<ProtocolName, ModelListing>>> = {
  'anthropic-messages': anthropicModelListing,
  gemini: geminiModelListing,
};

/** Whose shapes the asker for a page reads: Anthropic's clients share a path with OpenAI's, and name a version. */
export function pageProtocol(ofPath: ProtocolName, headers: IncomingHttpHeaders): ProtocolName {
  return ofPath === usualProtocol && headers['anthropic-version'] !== undefined ? 'anthropic-messages' : ofPath;
}

/** How models are listed for clients of a wire; as OpenAI lists them where the wire has no list of its own. */
export function findModelListing(protocol: ProtocolName): ModelListing {
  return listings[protocol] ?? openaiModelListing;
}
