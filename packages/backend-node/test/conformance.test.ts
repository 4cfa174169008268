import { conformanceCases } from "@ropewalk/backend/conformance";
import { describe, it } from "vitest";
import { cpu } from "../src/index.ts";

describe.each([cpu(), cpu({ threads: 1, spinning: true })])("conformance on $name", (backend) => {
  it.each(conformanceCases)("$name", ({ run }) => run(backend));
});
