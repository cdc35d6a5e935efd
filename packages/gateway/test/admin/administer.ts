import { adminKey } from './record-gateway.ts';

/** Calls the admin API of a gateway with the operators' key; what it answers. Throws where it refuses. */
export async function administer(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<ReturnType<typeof JSON.parse>> {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url + path, { method, headers, ...text });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
