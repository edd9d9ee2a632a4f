// Makes the files in built/ of the sources in page/. With --compare it writes nothing, and fails when they are not those of the sources.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const LIMIT = 40_000;

const here = (path) => new URL(path, import.meta.url);
const source = (name) => readFileSync(here(`page/${name}`), "utf8");

const bundled = async (name) => {
  const bundle = await build({
    entryPoints: [here(`page/${name}`).pathname],
    bundle: true,
    format: "iife",
    target: "es2020",
    charset: "utf8",
    minify: true,
    legalComments: "none",
    write: false,
  });
  return bundle.outputFiles[0].text;
};
const style = await build({ stdin: { contents: source("style.css"), loader: "css" }, minify: true, write: false });

// A name that changes with the content, so that browsers may keep a file for ever.
const named = (text, name, end) => [`${name}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}.${end}`, text];
const script = named(await bundled("main.ts"), "page", "js");
const fleet = named(await bundled("fleet.ts"), "fleet", "js");
const sheet = named(style.outputFiles[0].text, "page", "css");
const index = source("index.html")
  .replace("SCRIPT", script[0])
  .replace("STYLE", sheet[0])
  .replace(/\n\s+/g, "\n");

const constant = (name, [file, _], doc) =>
  `/// ${doc}\npub(crate) const ${name}: (&str, &str) = ("${file}", include_str!("../built/${file}"));\n`;
const rust =
  "//! The files that `build.mjs` has made of `page/`; do not edit this one.\n\n" +
  constant("SCRIPT", script, "The script, with its name.") +
  constant("FLEET_SCRIPT", fleet, "The script of the grid of a fleet, with its name.") +
  constant("STYLE", sheet, "The style sheet, with its name.") +
  '/// The page itself.\npub(crate) const INDEX: &str = include_str!("../built/index.html");\n';

const files = new Map([
  [`built/${script[0]}`, script[1]],
  [`built/${fleet[0]}`, fleet[1]],
  [`built/${sheet[0]}`, sheet[1]],
  ["built/index.html", index],
]);
const size = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
if (size > LIMIT) {
  console.error(`The page has ${size} bytes, and may have ${LIMIT}.`);
  process.exit(1);
}
files.set("src/built.rs", rust);

if (process.argv.includes("--compare")) {
  const built = readdirSync(here("built/")).map((name) => `built/${name}`);
  const text = (path) => (path === "src/built.rs" || built.includes(path) ? readFileSync(here(path), "utf8") : undefined);
  const stale = [...files.keys(), ...built].filter((path) => text(path) !== files.get(path));
  if (stale.length > 0) {
    console.error(`Not what the sources give: ${[...new Set(stale)].join(", ")}; run npm run build, and commit the files.`);
    process.exit(1);
  }
} else {
  rmSync(here("built/"), { recursive: true, force: true });
  mkdirSync(here("built/"));
  files.forEach((text, path) => writeFileSync(here(path), text));
}
console.log(`The page has ${size} bytes in four files.`);
