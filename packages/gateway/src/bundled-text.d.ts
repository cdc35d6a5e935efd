/** The text of a program; see `bundled-text.mjs`. */
declare module '*?bundled' {
  const text: string;
  export default text;
}
