// A CommonJS package that is loaded late gives the bundle its default export alone; through a module it gives all by name.
export { Agent, request } from 'undici';
