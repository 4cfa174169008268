/** Everything that is checked in both homes. */
import { conformanceCases } from "@ropewalk/backend/conformance";
import { bufferChecks } from "./buffers.ts";
import { errorChecks } from "./errors.ts";
import { modelChecks } from "./models.ts";
import type { Check } from "./place.ts";
import { readChecks } from "./reads.ts";

const conformance = conformanceCases.map(({ name, run }): Check => ({
  name: `conformance: ${name}`,
  run: ({ backend }) => run(backend),
}));

export const checks: readonly Check[] = [
  ...conformance,
  ...bufferChecks,
  ...modelChecks,
  ...readChecks,
  ...errorChecks,
];
