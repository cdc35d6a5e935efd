/**
 * The deterministic answer of `tokens` words, one word per token. Every word occurs once, so that a seam, a repetition or
 * a gap in a repaired stream shows; words of two, three and four UTF-8 bytes make splits inside a character happen.
 * From the word at `differsFrom` on, if given, it is another answer: what a second model would say.
 */
export function answerText(tokens: number, differsFrom?: number): string {
  return answerTokens(tokens, differsFrom).join('');
}

/** The first `tokens` tokens of the deterministic answer; from the index `differsFrom` on, if given, of another one. */
export function answerTokens(tokens: number, differsFrom = tokens): string[] {
  const list = sameTokens(Math.min(tokens, differsFrom));
  for (let index = list.length; index < tokens; index++) list.push(`${answerToken(index + otherWords)}~`);
  // What follows the first word begins with a space, and so does no first word.
  if (differsFrom === 0 && list[0] !== undefined) list[0] = list[0].trimStart();
  return list;
}

// Far enough for the other text to be another from its first character on.
const otherWords = 7;

function sameTokens(tokens: number): string[] {
  // Kept up to a usual length: benchmarks ask for the same tokens thousands of times a second.
  while (known.length < Math.min(tokens, 4_096)) known.push(answerToken(known.length));
  const list = known.slice(0, tokens);
  while (list.length < tokens) list.push(answerToken(list.length));
  return list;
}

/** The token at `index` of every default answer; all but the first begin with a space. */
export function answerToken(index: number): string {
  const word = words[index % words.length] ?? '';
  const round = Math.floor(index / words.length);
  return `${index === 0 ? '' : ' '}${word}${round === 0 ? '' : round}`;
}

/** Cuts any text into tokens as the simulator counts them: a word with the white space before it. Joined, they are the text. */
export function splitTokens(text: string): string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? [];
}

/** Counts the words of a text: the simulator's honest measure of tokens. */
export function countTokens(text: string): number {
  return text.match(/\S+/gu)?.length ?? 0;
}

const known: string[] = [];

const words = [
  'Every',
  'café',
  'serves',
  '漢字',
  'soup',
  '🍜',
  'with',
  'naïve',
  '"quotes",',
  'back\\slashes',
  'and',
  'Ωmega',
  'emoji',
  '👩‍🚀',
  'on',
  'rainy',
  'Grüße',
  'nights.',
  'Привет,',
  'world!',
];
