import { compatibleChat } from './compatible-chat.ts';
import { defineProvider } from './define-provider.ts';

/** Model serving of a workspace: `DATABRICKS_HOST` is its address. No endpoint of it is free to probe. */
export default defineProvider({
  name: 'databricks',
  aliases: [],
  environment: { apiKey: ['DATABRICKS_TOKEN'], baseUrl: ['DATABRICKS_HOST'] },
  baseUrl: undefined,
  hosts: ['cloud.databricks.com', 'azuredatabricks.net', 'gcp.databricks.com'],
  version: '/serving-endpoints',
  join: 'bare',
  credential: 'bearer',
  needsKey: true,
  probePath: undefined,
  chat: [compatibleChat],
  acceptsStreamOptions: true,
  serves: ['databricks-*'],
});
