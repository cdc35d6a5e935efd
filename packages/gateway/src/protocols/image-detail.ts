/** How closely an image is to be looked at, in the words of OpenAI's first wire and of those who took them over. */
export function imageDetail(detail: string): string {
  // Google has more steps, and OpenAI's other wire one more.
  if (detail === 'original' || detail === 'ultra_high') return 'high';
  return detail === 'low' || detail === 'high' ? detail : 'auto';
}
