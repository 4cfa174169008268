/** Everything that is checked in both homes. */
import { conformanceCases } from "@ropewalk/backend/conformance";
import { bufferChecks } from "./buffers.ts";
import { errorChecks } from "./errors.ts";
import { exportChecks, familyChecks } from "./families.ts";
import type { Check } from "./place.ts";
import { readChecks } from "./reads.ts";
import { smallModelChecks } from "./small-models.ts";

const conformance = conformanceCases.map(({ name, run }): Check => ({
  name: `conformance: ${name}`,
  run: ({ backend }) => run(backend),
}));

export const checks: readonly Check[] = [
  ...conformance,
  ...bufferChecks,
  ...familyChecks,
  ...exportChecks,
  ...smallModelChecks,
  ...readChecks,
  ...errorChecks,
];
