import type { PickFigure } from '../routing/strategies/define-strategy.ts';
import { percentText, spanText } from './reason.ts';

/** What a strategy knows of a target, as the end of a sentence about it. */
export function figureText({ name, remark, value }: PickFigure): string {
  if (remark === 'no_weight') return 'its weight is 0';
  if (remark === 'model_unfit') return 'its model is too small for the request, or cannot do what it needs';
  switch (name) {
    case 'turn':
      return value === 0 ? 'its turn is next' : `its turn is ${value} later`;
    case 'weight':
      return `its weight is ${value}`;
    case 'order':
      return value === undefined ? 'it has no place in the order' : `it is number ${value + 1} in the order`;
    case 'in_flight':
      return `${value} ${value === 1 ? 'attempt runs' : 'attempts run'} there`;
    case 'expected_ms':
      return value === undefined
        ? 'nothing is known of how fast it is'
        : `it is expected to answer in ${spanText(value)}, for its load and weight`;
    case 'cost_usd':
      return value === undefined ? 'its price is not known' : `the request would cost $${dollars(value)} there`;
    case 'quota_share':
      return value === undefined
        ? 'nothing is known of its quota'
        : `${percentText(Math.max(0, value))} of its quota would be left`;
    case 'canary_percent':
      return `it is a canary for ${value} % of the requests`;
  }
}

/** Four significant digits, without an exponent. */
function dollars(value: number): string {
  if (value === 0) return '0';
  const digits = Math.min(12, Math.max(2, 3 - Math.floor(Math.log10(value))));
  return value.toFixed(digits).replace(/\.?0+$/, '');
}
