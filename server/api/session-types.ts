import { Field, ID, Int, InterfaceType, ObjectType } from "type-graphql";
import { isId } from "../records/id.js";
import type { DeviceUse as DeviceUseRecord, SessionRecord } from "../records/session.js";
import type { StyleTransferSettings as SettingsValue } from "../records/settings.js";
import { Approval, SessionKind, SessionStatus, Visibility } from "./enums.js";
import { connectionType, cursorCodec } from "./paging.js";
import { DateTime } from "./scalars.js";
import { StyleTransferSettings } from "./settings-types.js";

@ObjectType({ description: "A device that computed a session from a step on." })
export class DeviceUse implements DeviceUseRecord {
  @Field(() => String, { description: "Name of the device, such as cpu." })
  device!: string;

  @Field(() => Int, {
    description:
      "Step of the first picture that is stored from it; of a live translation, the number of frames that were translated before.",
  })
  fromStep!: number;
}

@ObjectType({ description: "Why a session or an export failed, or why the server paused a session." })
export class SessionError {
  @Field(() => String, { description: "Error code, such as OUT_OF_MEMORY." })
  code!: string;

  @Field(() => String, { description: "What happened, for people." })
  message!: string;
}

/** Object types of the kinds of sessions. */
const typeNames = {
  STYLE_TRANSFER: "StyleTransferSession",
  TRANSLATION: "TranslationSession",
} as const satisfies Record<SessionRecord["kind"], string>;

/** Stored fields. session-fields.ts and translations.ts resolve the others. */
@InterfaceType({
  description: "A painting or a translation, with its history.",
  resolveType: (session: SessionRecord) => typeNames[session.kind],
})
export abstract class Session {
  @Field(() => ID, { description: "Id of the session; it never changes." })
  id!: string;

  @Field(() => SessionKind, { description: "What the session does." })
  kind!: SessionKind;

  @Field(() => String, { nullable: true, description: "Name that a client gave the session; null for none." })
  title!: string | null;

  @Field(() => SessionStatus, { description: "Where the session is between its start and its end." })
  status!: SessionStatus;

  @Field(() => DateTime, { description: "When the session was started." })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When a device first took the session; null before." })
  startedAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When the session ended; null before." })
  finishedAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "Name of the device that runs the session or ran it last, such as cpu; null before.",
  })
  device!: string | null;

  @Field(() => [DeviceUse], {
    description:
      "All devices that computed the session, in their order. A replay is the same to the byte on one kind of device only. Empty for sessions that an earlier server ended.",
  })
  devices!: DeviceUse[];

  @Field(() => SessionError, {
    nullable: true,
    description: "Why the session FAILED, or why the server PAUSED it until there is space on its disk; else null.",
  })
  error!: SessionError | null;

  @Field(() => Boolean, { description: "Whether people marked the session as one of their best." })
  starred!: boolean;

  @Field(() => String, { nullable: true, description: "What people wrote about the session; null for nothing." })
  note!: string | null;

  @Field(() => DateTime, { nullable: true, description: "When the server deletes a temporary session; null for one that lasts." })
  expiresAt!: Date | null;

  @Field(() => Visibility, { description: "Who may see the session besides its owner and admins." })
  visibility!: Visibility;

  @Field(() => Approval, {
    nullable: true,
    description: "Whether an admin lets others see the session, as far as its visibility allows; null where no admin was asked.",
  })
  approval!: Approval | null;

  @Field(() => Int, {
    description: "Grows with every change of the session except a new step; `reviewSession` takes it, so that nothing unseen is approved.",
  })
  revision!: number;
}

@ObjectType({ implements: Session, description: "A painting: a picture that is repainted step by step in the style of others." })
export class StyleTransferSession extends Session {
  @Field(() => StyleTransferSettings, { description: "Settings that are in force now, with every change." })
  settings!: SettingsValue;

  @Field(() => Int, { description: "Last painted step; -1 before the first." })
  step!: number;

  @Field(() => Int, { nullable: true, description: "Step of the parent at which this session begins; null when it is not a branch." })
  branchedAtStep!: number | null;
}

@ObjectType({
  implements: Session,
  description: "A translation of one picture, or a live translation of frames that a client sends.",
})
export class TranslationSession extends Session {
  @Field(() => Int, { description: "Number of translated frames." })
  framesTranslated!: number;

  @Field(() => Int, { description: "Number of frames that were not translated, because a newer one replaced them or the session ended." })
  framesDropped!: number;
}

export const SessionConnection = connectionType<SessionRecord>("SessionConnection", () => Session);

/** Cursors of sessions: their ids. */
export const sessionCursors = cursorCodec("session", (text) => (isId(text) ? text : null));
