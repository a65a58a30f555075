import { AtelierError } from "../../errors.js";
import type { SessionRecord, StyleTransferRecord, TranslationRecord } from "../../records/session.js";
import type { sessions } from "./schema.js";

/** A session out of its row. The columns of the other kinds are left out; `kind` says of which form the settings are. */
export function sessionRecord(row: typeof sessions.$inferSelect): SessionRecord {
  const { ordinal: _ordinal, frameCount: _count, frameBytes: _bytes, kind, settings, ...columns } = row;
  const { contentId, styles, initial, parentId, branchedAtStep, sourceId, framesTranslated, framesDropped, ...base } = columns;
  if (kind === "STYLE_TRANSFER" && settings && contentId !== null && styles && initial) {
    return { ...base, kind, settings: settings as StyleTransferRecord["settings"], contentId, styles, initial, parentId, branchedAtStep };
  }
  if (kind === "TRANSLATION" && settings && framesTranslated !== null && framesDropped !== null) {
    return { ...base, kind, settings: settings as TranslationRecord["settings"], sourceId, framesTranslated, framesDropped };
  }
  throw new AtelierError("INTERNAL", "A stored session is incomplete.");
}
