/** How the reference looks, by day and by night; it stands in the page, whose policy names its hash. */
export const referenceStyle = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --get: #17803d; --post: #1d5fc4; --put: #9a5b00; --delete: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --get: #5fce86; --post: #7fb0ff; --put: #e6a95a; --delete: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; display: flex; font: 16px/1.5 system-ui, sans-serif; }
nav { flex: 0 0 20rem; height: 100vh; position: sticky; top: 0; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: .85rem; }
nav h2 { font-size: .85rem; margin: 1rem 0 .25rem; text-transform: capitalize; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .15rem 0; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
nav a:hover, nav a:focus { text-decoration: underline; }
main { flex: 1; min-width: 0; max-width: 60rem; padding: 1rem 2rem 4rem; }
section > h2 { margin-top: 3rem; text-transform: capitalize; border-bottom: 1px solid var(--line); }
article { margin: 2rem 0; }
h3 { margin: 0; font-size: 1.1rem; overflow-wrap: anywhere; }
h4 { margin: 1rem 0 .25rem; }
code { font: .9em ui-monospace, monospace; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow: auto; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
i { opacity: .7; font-size: .85em; }
summary { cursor: pointer; }
b.get { color: var(--get); } b.post { color: var(--post); } b.put { color: var(--put); } b.delete { color: var(--delete); }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; max-height: 40vh; border-right: 0; } main { padding: 1rem; } }
`;
