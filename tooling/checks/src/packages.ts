/** Publishes nothing: asks publint whether each built package would be a sound one. */
import { globSync } from "node:fs";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

let problems = 0;
for (const manifest of [...globSync("packages/*/package.json"), ...globSync("apps/*/package.json")]) {
  const pkgDir = manifest.replace("/package.json", "");
  const { messages, pkg } = await publint({ pkgDir, strict: true, pack: false });
  for (const message of messages) console.error(`${pkgDir}: ${formatMessage(message, pkg)}`);
  problems += messages.length;
}
console.log(`packages: ${problems} problems`);
process.exitCode = problems > 0 ? 1 : 0;
