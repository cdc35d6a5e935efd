import type { ProtocolName } from '../canonical/protocol-name.ts';
import { anthropicMessagesPaths } from './anthropic-messages/paths.ts';
import { bedrockConversePaths } from './bedrock-converse/paths.ts';
import type { ClientPath } from './client-path.ts';
import { cohereChatPaths } from './cohere-chat/paths.ts';
import { geminiPaths } from './gemini/paths.ts';
import { openaiChatPaths } from './openai-chat/paths.ts';
import { openaiResponsesPaths } from './openai-responses/paths.ts';

/** Every path at which a client of some wire asks, by wire. */
export const clientPaths: Readonly<Record<ProtocolName, readonly ClientPath[]>> = {
  'openai-chat': openaiChatPaths,
  'openai-responses': openaiResponsesPaths,
  'anthropic-messages': anthropicMessagesPaths,
  gemini: geminiPaths,
  'bedrock-converse': bedrockConversePaths,
  'cohere-chat': cohereChatPaths,
};

/** A path that was understood. */
export interface ClientPathMatch extends ClientPath {
  readonly protocol: ProtocolName;
  /** The model's name as it stands in the path, undecoded; undefined when the path has none. */
  readonly rawModel: string | undefined;
}

interface ModelPath {
  readonly prefix: string;
  readonly suffix: string;
  readonly match: ClientPathMatch;
}

const exact = new Map<string, ClientPathMatch>();
const withModel: ModelPath[] = [];
for (const [protocol, paths] of Object.entries(clientPaths) as [ProtocolName, readonly ClientPath[]][]) {
  for (const path of paths) {
    const match = { ...path, protocol, rawModel: undefined };
    const [prefix, suffix] = path.pattern.split('{model}');
    if (suffix === undefined) exact.set(path.pattern, match);
    else withModel.push({ prefix: prefix!, suffix, match });
  }
}

/** Where a cloud's account stands in the path: whose it is, the gateway decides. */
const ACCOUNT = /^(\/v1(?:beta1)?)\/projects\/[^/]+\/locations\/[^/]+(?=\/)/;

/** Finds who asks for what at a path without its query; paths are matched undecoded. */
export function matchClientPath(whole: string): ClientPathMatch | undefined {
  const known = exact.get(whole);
  if (known !== undefined) return known;
  const path = whole.replace(ACCOUNT, '$1');
  for (const { prefix, suffix, match } of withModel) {
    if (path.length <= prefix.length + suffix.length || !path.startsWith(prefix) || !path.endsWith(suffix)) continue;
    return { ...match, rawModel: path.slice(prefix.length, path.length - suffix.length) };
  }
  return undefined;
}
