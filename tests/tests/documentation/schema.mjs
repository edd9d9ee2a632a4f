// What a language server for YAML says of files: node schema.mjs PACKAGE.JSON SCHEMA FILE...
// One line a finding: FILE:LINE:COLUMN: what.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [packages, schemaPath, ...files] = process.argv.slice(2);
const require = createRequire(packages);
const { getLanguageService } = require("yaml-language-server");
const { TextDocument } = require("vscode-languageserver-textdocument");

const nothing = () => undefined;
const service = getLanguageService({
  schemaRequestService: async () => readFileSync(schemaPath, "utf8"),
  workspaceContext: { resolveRelativePath: (path) => path },
  telemetry: { send: nothing, sendError: nothing, sendTrack: nothing },
});
service.configure({
  validate: true,
  yamlVersion: "1.1",
  customTags: ["!include scalar", "!include_dir scalar", "!env scalar", "!file scalar"],
  schemas: [{ uri: "file:///schema.json", fileMatch: ["*"], schema: JSON.parse(readFileSync(schemaPath, "utf8")) }],
});
for (const file of files) {
  // The first line of an example names the schema as it is installed.
  const text = readFileSync(file, "utf8").replace("yaml-language-server:", "").replace(/\{\{\w+\}\}/g, "1");
  const document = TextDocument.create(`file:///${encodeURIComponent(file)}`, "yaml", 1, text);
  for (const { range, message } of await service.doValidation(document, false)) {
    console.log(`${file}:${range.start.line + 1}:${range.start.character + 1}: ${message.split("\n")[0]}`);
  }
}
