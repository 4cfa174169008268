/** The right column: the plain model against the extended one, filled in as it is measured. */
import type { Page } from "../page/page.ts";
import { entropyPart } from "./entropy-by-layer.ts";
import { perplexityPart } from "./loss-by-position.ts";
import { passkeyPart } from "./passkey-grid.ts";

export const comparePart = (page: Page): readonly HTMLElement[] => [
  passkeyPart(page),
  perplexityPart(page),
  entropyPart(page),
];
