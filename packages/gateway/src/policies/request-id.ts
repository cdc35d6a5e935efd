/** The id of a request: the caller's own when it is fit for logs and headers, a new one otherwise. */
export type RequestIds = (incoming: string | string[] | undefined) => string;

const saneId = /^[A-Za-z0-9._:-]{1,128}$/;
const idBytes = 12;
/** Ids made from one draw of random bytes: a draw for each would cost more than the rest of the id. */
const idsPerDraw = 512;

/** `random` gives that many unpredictable bytes, such as `randomBytes` of node:crypto. New ids are `req-` and 24 hex digits. */
export function createRequestIds(random: (size: number) => Buffer): RequestIds {
  let pool: Buffer = Buffer.alloc(0);
  let offset = 0;
  return (incoming) => {
    if (typeof incoming === 'string' && saneId.test(incoming)) return incoming;
    if (offset >= pool.length) {
      pool = random(idBytes * idsPerDraw);
      offset = 0;
    }
    const id = `req-${pool.toString('hex', offset, offset + idBytes)}`;
    offset += idBytes;
    return id;
  };
}
