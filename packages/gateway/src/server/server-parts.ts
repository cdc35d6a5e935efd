import type { Clock } from '../canonical/clock.ts';
import type { Principal } from '../canonical/exchange.ts';
import type { Exchange } from '../exchange.ts';
import type { ExchangeRegistry } from '../exchange-registry.ts';
import type { Inference } from '../inference.ts';
import type { ClientAddress } from '../policies/client-address.ts';
import type { ProxyTail } from '../policies/proxy-path.ts';
import type { RequestIds } from '../policies/request-id.ts';
import type { ResponseStore } from '../stores/response-store.ts';
import type { Outbox } from '../transport/outbox.ts';
import type { ServeAdmin } from './admin/admin-server.ts';
import type { ServeManagement } from './management-pages.ts';
import type { OpenConnections } from './open-connections.ts';
import type { PageSource } from './pages.ts';

/** What the server asks for each request; a reload swaps it whole. */
export interface ServedRuntime {
  readonly inference: Inference;
  readonly clientAddress: ClientAddress;
  readonly proxyTail: (rawTail: string) => ProxyTail;
  /** Runs the head policies that guard pages other than liveness; throws GatewayError. */
  readonly guardPage: (exchange: Exchange) => void | Promise<void>;
  /** The same for stored responses: everything that guards the requests that made them. */
  readonly guardStored: (exchange: Exchange) => void | Promise<void>;
  /** What guards the management pages besides their key. */
  readonly guardManagement: (exchange: Exchange) => void | Promise<void>;
  /** Whether a model is one for whoever asks, as far as its name tells. */
  readonly mayList: (principal: Principal, model: string) => boolean;
  readonly pageHeaders: readonly string[];
  readonly corsHeaders: (origin: string | undefined) => readonly string[];
}

export interface HttpServerParts {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly runtime: () => ServedRuntime;
  readonly requestIds: RequestIds;
  readonly pages: PageSource;
  readonly management: ServeManagement;
  readonly admin: ServeAdmin;
  readonly responses: ResponseStore;
  /** Exchanges under way; the server adds and removes. */
  readonly exchanges: ExchangeRegistry;
  /** Told of each exchange as it begins; undefined when nobody wants to know. */
  readonly onArrival: ((exchange: Exchange) => void) | undefined;
  readonly isDraining: () => boolean;
  readonly maxConnections: number;
  /** The server adds each one as it opens. */
  readonly connections: OpenConnections;
  readonly reportInternal: (error: unknown) => void;
}
