/** Everything that is checked in both homes. */
import { conformanceCases } from "@ropewalk/backend/conformance";
import { modelChecks } from "./models.ts";
import type { Check } from "./place.ts";

const conformance = conformanceCases.map(
  ({ name, run }): Check => ({ name: `conformance: ${name}`, run: ({ webgpu }) => run(webgpu()) }),
);

export const checks: readonly Check[] = [...conformance, ...modelChecks];
