/** What a user is made to say where a wire wants the user's words first, or any, and nobody said one. */
export const OPENING = 'Begin.';
