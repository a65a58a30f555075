import { Field, ID, Int, InterfaceType, ObjectType } from "type-graphql";
import type { SessionRecord } from "../records/session.js";
import type { StyleTransferSettings as SettingsValue } from "../records/settings.js";
import { isId } from "../sessions/requirements.js";
import { SessionKind, SessionStatus } from "./enums.js";
import { type Connection, cursorCodec, PageInfo } from "./paging.js";
import { DateTime } from "./scalars.js";
import { StyleTransferSettings } from "./settings-types.js";

@ObjectType()
export class SessionError {
  @Field(() => String)
  code!: string;

  @Field(() => String)
  message!: string;
}

/** Object types of the kinds of sessions. */
const typeNames = {
  STYLE_TRANSFER: "StyleTransferSession",
  TRANSLATION: "TranslationSession",
} as const satisfies Record<SessionRecord["kind"], string>;

/** Stored fields. session-fields.ts and translations.ts resolve the others. */
@InterfaceType({ resolveType: (session: SessionRecord) => typeNames[session.kind] })
export abstract class Session {
  @Field(() => ID)
  id!: string;

  @Field(() => SessionKind)
  kind!: SessionKind;

  @Field(() => String, { nullable: true })
  title!: string | null;

  @Field(() => SessionStatus)
  status!: SessionStatus;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true })
  startedAt!: Date | null;

  @Field(() => DateTime, { nullable: true })
  finishedAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "Name of the device that runs it or ran it last, such as cpu, webgpu, cuda:0.",
  })
  device!: string | null;

  @Field(() => SessionError, { nullable: true })
  error!: SessionError | null;
}

@ObjectType({ implements: Session })
export class StyleTransferSession extends Session {
  @Field(() => StyleTransferSettings)
  settings!: SettingsValue;

  @Field(() => Int, { description: "Last finished step; -1 before the first." })
  step!: number;

  @Field(() => Int, { nullable: true, description: "The step of its parent that it was branched from; null when it is no branch." })
  branchedAtStep!: number | null;
}

@ObjectType({ implements: Session })
export class TranslationSession extends Session {
  @Field(() => Int)
  framesTranslated!: number;

  @Field(() => Int)
  framesDropped!: number;
}

@ObjectType()
export class SessionEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => Session)
  node!: SessionRecord;
}

@ObjectType()
export class SessionConnection implements Connection<SessionRecord> {
  @Field(() => [SessionEdge])
  edges!: SessionEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;

  @Field(() => Int)
  totalCount!: number;
}

/** Cursors of sessions: their ids. */
export const sessionCursors = cursorCodec("session", (text) => (isId(text) ? text : null));
