import { attention } from "./attention.ts";
import type { Matrix } from "./matrix.ts";
import { parts } from "./parts.ts";
import { positions } from "./positions.ts";
import { rotation } from "./rotation.ts";

export const matrices = { positions, rotation, parts, attention } as const satisfies Readonly<Record<string, Matrix>>;
