import * as z from 'zod';
import { auditSection } from './sections/audit-section.ts';
import { budgetSection } from './sections/budget-section.ts';
import { pricingSection } from './sections/model-section.ts';
import { resilienceSection } from './sections/resilience-section.ts';
import { responsesSection } from './sections/responses-section.ts';
import { healthSection, routingSection } from './sections/routing-section.ts';
import { securitySection } from './sections/security-section.ts';
import {
  authSection,
  corsSection,
  proxySection,
  queueSection,
  rateLimitSection,
  serverSection,
} from './sections/server-section.ts';
import { backendsSection, modelsSection, providersSection, vllmBackendsSection } from './sections/target-section.ts';
import { cacheSection, databaseSection, redisSection, telemetrySection } from './sections/telemetry-section.ts';
import { tenantsSection } from './sections/tenant-section.ts';

/**
 * Everything a configuration file may say. Types, messages, JSON Schema, samples and the reference are derived from it;
 * each key carries its description and default.
 */
export const configSchema = z.object({
  $schema: z.string().optional().describe('Address of a JSON Schema, for editors.'),
  server: serverSection,
  auth: authSection,
  queue: queueSection,
  rate_limit: rateLimitSection,
  backends: backendsSection,
  models: modelsSection,
  providers: providersSection,
  vllm_backends: vllmBackendsSection,
  routing: routingSection,
  resilience: resilienceSection,
  health: healthSection,
  security: securitySection,
  telemetry: telemetrySection,
  proxy: proxySection,
  responses: responsesSection,
  cors: corsSection,
  cache: cacheSection,
  database: databaseSection,
  redis: redisSection,
  tenants: tenantsSection,
  budgets: budgetSection,
  pricing: pricingSection,
  plugins: z.unknown().optional().describe('Extensions to load.'),
  audit: auditSection,
});

/** A configuration file after validation, defaults filled in. */
export type FileConfig = z.output<typeof configSchema>;
