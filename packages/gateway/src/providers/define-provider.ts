import type { Operation } from '../canonical/operation.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { CredentialSources } from '../credentials/credential-sources.ts';
import type { EmbeddingWireName } from '../protocols/embeddings/embedding-wire.ts';
import type { RequestQuirks } from '../protocols/protocol.ts';
import type { RerankWireName } from '../protocols/rerank/rerank-wire.ts';
import type { ChatAsk, SignRequest, Target } from '../routing/target.ts';

/** The section of the configuration that named a target; it decides what its base URL means. */
export type TargetSection = 'backend' | 'pool' | 'provider' | 'vllm';

/** A configured base URL and what else decides the paths of a target. */
export interface LayoutInput {
  readonly url: URL;
  readonly section: TargetSection;
  readonly apiVersion: string | undefined;
  /** Path of the chat operation below the base, when the section has such a key. */
  readonly chatPath: string | undefined;
  /** Path of the health probe below the base, when the section has such a key. */
  readonly healthPath: string | undefined;
}

/** Where everything is on a target's origin. */
export interface Layout extends Pick<Target, 'pathOf' | 'proxyBase' | 'proxyQuery'> {
  /** Path of the free health probe, undefined when there is none. */
  readonly probePath: string | undefined;
  /** Path that precedes the API's version: where the paths of other wires begin. Without a trailing slash. */
  readonly root: string;
  /** What the operator should know of how the configuration was understood. */
  readonly notice?: string;
}

/** Flat name, value lists that authorize the requests to a target. */
export interface Authorization {
  readonly credentialHeaders: readonly string[];
  /** For the health probe, where it differs. */
  readonly probeHeaders?: readonly string[];
  /** For generic proxied requests, where they differ. */
  readonly proxyHeaders?: readonly string[];
  /** For chats in a wire that is not OpenAI's, where they differ. */
  readonly nativeHeaders?: readonly string[];
  /** Credentials that depend on the request, or that expire. */
  readonly sign?: SignRequest;
  /** What the operator should know. */
  readonly notice?: string;
}

/** One wire in which a provider is asked for chats. */
export interface ChatWire {
  readonly protocol: ProtocolName;
  /** Path and query below the root, with a leading slash, where it is not the wire's usual one; undefined: not offered. */
  readonly path?: (ask: ChatAsk) => string | undefined;
  readonly quirks?: RequestQuirks;
  /** Models that it serves in this wire; left out: all. */
  readonly only?: (model: string | undefined) => boolean;
}

/** Who serves models, as data: a file in this folder, exported as default, collected by `npm run generate`. */
export interface ProviderDefinition {
  /** Name in configuration, logs and metrics: that of its file. */
  readonly name: string;
  /** Other names that configurations use for it; `-` and `_` are the same. */
  readonly aliases: readonly string[];
  /** Environment variables that stand for its settings when no file names it, the first one set wins. */
  readonly environment: { readonly apiKey: readonly string[]; readonly baseUrl: readonly string[] };
  /** Base URL when none is configured, version included; undefined when the operator must name one. */
  readonly baseUrl: string | undefined;
  /** The same where it depends on the region or on variables. */
  readonly addressOf?: (input: PlaceInput) => string | undefined;
  /** What to say when there is no address after all. */
  readonly missingAddress?: string;
  /** Hosts that are this provider's, subdomains included. */
  readonly hosts: readonly string[];
  /** Path of the API version below the host: `/v1`, `/openai/v1`. */
  readonly version: string;
  /** Whether a base URL in the `providers` section contains the version (`versioned`) or may leave it out (`bare`). */
  readonly join: 'versioned' | 'bare';
  /** Operations it offers; undefined when it may offer any. A generic proxied request is always possible. */
  readonly operations?: readonly Operation[];
  /** Paths that differ from OpenAI's. One that starts with `/` is below the base without its version. */
  readonly paths?: Readonly<Partial<Record<Operation, string>>>;
  /** The header that carries the key. */
  readonly credential: 'bearer' | { readonly header: string };
  /** Its hosts answer nothing without a key. */
  readonly needsKey: boolean;
  /** Free endpoint that proves that the key works. One that starts with `/` is below the base without its version. */
  readonly probePath: string | undefined;
  /**
   * Wires in which it is asked for chats, the preferred one for callers of other wires first. Left out: OpenAI's chat
   * and responses, at the places that `paths` or `layout` give them.
   */
  readonly chat?: readonly ChatWire[];
  /** Wires of its embeddings by model, the preferred one first. Left out: OpenAI's, where it has a path for it. */
  readonly embeddings?: (model: string | undefined) => readonly EmbeddingWireName[];
  /** What it calls members of requests for embeddings in OpenAI's wire, by OpenAI's names, where they differ. */
  readonly embeddingMembers?: Readonly<Record<string, string>>;
  /** Wires of its reranking, the preferred one first. Left out: Jina's, which most others speak too. */
  readonly rerank?: readonly RerankWireName[];
  /** What its embeddings in base64 hold, where it is not OpenAI's numbers. */
  readonly base64Numbers?: 'int8';
  /** It accepts `stream_options.include_usage`. */
  readonly acceptsStreamOptions: boolean;
  /** Names of models it is known for, with `*` for any text. A preference among providers, never a reason to refuse. */
  readonly serves: readonly string[];
  /** Paths that no join of base and tail gives. With it, its hosts follow it in whatever section they are named. */
  readonly layout?: (input: LayoutInput, definition: ProviderDefinition) => Layout;
  /** Headers that more than one key header takes. */
  readonly authorize?: (input: { readonly apiKey: string; readonly apiVersion: string | undefined }) => Authorization;
  /** What authorizes requests when no key is configured: an account that variables or the machine have. */
  readonly identity?: (input: PlaceInput & { readonly sources: CredentialSources }) => Authorization | undefined;
}

/** Where a target is, and what else the machine knows. */
export interface PlaceInput {
  readonly region: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Declares a provider; it exists for the types and for whoever looks for all providers. */
export function defineProvider(definition: ProviderDefinition): ProviderDefinition {
  return definition;
}
