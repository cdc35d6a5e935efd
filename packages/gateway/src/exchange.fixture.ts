import { type Clock, systemClock } from './canonical/clock.ts';
import { Exchange, type ExchangeInput } from './exchange.ts';

/** A chat whose reply goes nowhere. */
export function createChatExchange(clock: Clock = systemClock, differences: Partial<ExchangeInput> = {}): Exchange {
  return new Exchange({
    id: 'chat',
    clock,
    method: 'POST',
    url: '/v1/chat/completions',
    headers: {},
    rawHeaders: [],
    operation: 'chat',
    protocol: 'openai-chat',
    streamAsk: 'body',
    pathModel: undefined,
    tail: 'chat/completions',
    query: '',
    clientAddress: '127.0.0.1',
    peerAddress: '127.0.0.1',
    sink: { head() {}, write: () => true, end() {}, cut() {}, onDrain() {} },
    ...differences,
  });
}
