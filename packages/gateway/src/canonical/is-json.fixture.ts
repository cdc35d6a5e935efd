/** Whether the engine takes it for JSON: what our own readers of JSON are held to. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
