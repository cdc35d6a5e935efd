/** A token and how long it may be used. */
export interface IssuedToken {
  readonly token: string;
  /** Monotonic milliseconds at which it expires. */
  readonly expiresAt: number;
}

export interface ExpiringTokenOptions {
  readonly issue: () => Promise<IssuedToken>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A token is renewed this long before it expires, so that none expires on its way. */
const RENEW_BEFORE_MS = 60_000;
/** After a failure, the issuer is left alone for this long: every request would ask it otherwise. */
const RETRY_AFTER_MS = 5_000;

/**
 * Keeps a token that expires. However many requests want it at once, it is asked for once; near its end the old one is
 * still given while a new one is on its way.
 */
export function createExpiringToken({ issue, now }: ExpiringTokenOptions): () => Promise<string> {
  let current: IssuedToken | undefined;
  let pending: Promise<string> | undefined;
  let failure: { readonly error: unknown; readonly until: number } | undefined;

  const renew = (): Promise<string> => {
    pending ??= issue()
      .then(
        (issued) => {
          current = issued;
          failure = undefined;
          return issued.token;
        },
        (error: unknown) => {
          failure = { error, until: now() + RETRY_AFTER_MS };
          throw error;
        },
      )
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };

  return async () => {
    const time = now();
    if (current !== undefined && time < current.expiresAt) {
      const isDue = time >= current.expiresAt - RENEW_BEFORE_MS && (failure === undefined || time >= failure.until);
      // The old one still serves; whoever comes after its end will hear of a failure.
      if (isDue) renew().catch(() => {});
      return current.token;
    }
    if (failure !== undefined && time < failure.until) throw failure.error;
    return renew();
  };
}
