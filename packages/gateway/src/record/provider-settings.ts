/** What a provider of the record is configured with beside its address and its credential. */
export interface ProviderSettings {
  readonly region?: string;
  readonly api_version?: string;
  readonly timeout_seconds?: number;
  readonly max_retries?: number;
  readonly requests_per_minute?: number;
  readonly tokens_per_minute?: number;
}
