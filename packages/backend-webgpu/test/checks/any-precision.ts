/** What is checked in float32 and in float16 alike. */
import { conformanceCases } from "@ropewalk/backend/conformance";
import { bufferChecks } from "./buffers.ts";
import { familyChecks } from "./families.ts";
import type { Check } from "./place.ts";
import { prefixChecks } from "./prefix.ts";
import { readChecks } from "./reads.ts";
import { savedChecks } from "./saved.ts";
import { smallModelChecks } from "./small-models.ts";

const conformance = conformanceCases.map(({ name, run }): Check => ({
  name: `conformance: ${name}`,
  run: ({ backend }) => run(backend),
}));

export const checksOfAnyPrecision: readonly Check[] = [
  ...conformance,
  ...bufferChecks,
  ...familyChecks,
  ...smallModelChecks,
  ...readChecks,
  ...savedChecks,
  ...prefixChecks,
];
