/** The table of all known forms of attention. */
import { attentionOperator } from "./attention-operator.ts";
import { decomposedAttention } from "./decomposed.ts";
import type { Form } from "./form.ts";
import { groupQueryAttention } from "./group-query-attention.ts";
import { multiHeadAttention } from "./multi-head-attention.ts";

export const forms: readonly Form[] = [groupQueryAttention, multiHeadAttention, attentionOperator, decomposedAttention];
