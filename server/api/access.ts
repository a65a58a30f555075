import { Arg, Ctx, Field, FieldResolver, ID, InputType, Int, Mutation, ObjectType, Query, Resolver, Root } from "type-graphql";
import { linkPlace } from "../access/link-places.js";
import { type NewLink as LinkToMake, type LinkWithSecret, MAX_LINK_NAME, pathOf } from "../access/links.js";
import { AtelierError, conflict } from "../errors.js";
import type { LinkRecord } from "../records/access.js";
import { isId } from "../records/id.js";
import type { SessionRecord } from "../records/session.js";
import { requireId, requireSession } from "../sessions/requirements.js";
import { requireOutputName } from "../sessions/start-input.js";
import { type ApiContext, ownerOf } from "./context.js";
import { IdArg } from "./declare.js";
import { AccessMode, LinkKind, Role } from "./enums.js";
import { firstArgument, lengthOf, skipOf } from "./paging.js";
import { DateTime } from "./scalars.js";
import { ServerInfo } from "./server-info.js";
import { Session } from "./session-types.js";

@ObjectType({ description: "Who may use this server, and what this client may do." })
export class Access {
  @Field(() => AccessMode, { description: "How the server knows who may use it." })
  mode!: AccessMode;

  @Field(() => Role, { nullable: true, description: "What this client may do; null without valid credentials." })
  role!: Role | null;

  @Field(() => String, { nullable: true, description: "Name of the user, or of the link with this role; null for none." })
  name!: string | null;

  @Field(() => DateTime, { nullable: true, description: "When this access ends or becomes less; null when it does not by itself." })
  expiresAt!: Date | null;

  @Field(() => Boolean, { description: "Whether an admin must approve what artists share before others see it." })
  requiresApproval!: boolean;
}

@ObjectType({
  description: "A link that lets people in, or a token, which lets programs in. Its secret is known only to those who have it.",
})
export class Link {
  @Field(() => ID, { description: "Id of the link, which opens nothing." })
  id!: string;

  @Field(() => LinkKind, { description: "What the link opens." })
  kind!: LinkKind;

  @Field(() => String, { description: "What its owner calls it." })
  name!: string;

  @Field(() => Role, { nullable: true, description: "What those who come by an ACCESS link, or send a TOKEN, may do; else null." })
  role!: Role | null;

  @Field(() => ID, { nullable: true, description: "The session that a SHARE link opens; else null." })
  sessionId!: string | null;

  @Field(() => String, { nullable: true, description: "The lasting output that an OUTPUT link opens; else null." })
  output!: string | null;

  @Field(() => DateTime, { description: "When the link was made." })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it expires; null for a link that does not." })
  expiresAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it was revoked; null for a link that was not." })
  revokedAt!: Date | null;
}

@ObjectType({ description: "A new link with its secret, which is shown only once." })
export class NewLink {
  @Field(() => Link, { description: "The link." })
  link!: LinkRecord;

  @Field(() => String, { description: "The secret. Programs send that of an ACCESS link as Authorization: Bearer." })
  secret!: string;

  @Field(() => String, { description: "Path on this server that contains the secret, beginning with /." })
  path!: string;
}

@InputType({ description: "A link to make." })
export class LinkInput {
  @Field(() => String, { description: `What the link is called. 1 to ${MAX_LINK_NAME} characters.` })
  name!: string;

  @Field(() => DateTime, { nullable: true, description: "When it expires, in the future; never by default." })
  expiresAt?: Date | null;
}

@InputType({ description: "A link to the server." })
export class AccessLinkInput extends LinkInput {
  @Field(() => Role, { description: "What those who come by it may do." })
  role!: Role;
}

@InputType({ description: "A token to make." })
export class TokenInput extends LinkInput {
  @Field(() => Role, { description: "What the program may do." })
  role!: Role;

  @Field(() => ID, {
    nullable: true,
    description: "Id of a token whose work the new one goes on with: what either starts is theirs together. None by default.",
  })
  replaces?: string | null;
}

@ObjectType({ description: "A new token with its secret, which is shown only once." })
export class NewToken {
  @Field(() => Link, { description: "The token." })
  token!: LinkRecord;

  @Field(() => String, { description: "The secret, which programs send as Authorization: Bearer." })
  secret!: string;
}

@Resolver(() => ServerInfo)
export class AccessResolver {
  @FieldResolver(() => Access, { description: "Who may use this server, and what this client may do." })
  access(@Ctx() { accessMode, requiresApproval, principal: { role, name, expiresAt } }: ApiContext): Access {
    return { mode: accessMode, role, name, expiresAt, requiresApproval };
  }
}

/** What only those know who opened a link to a session. */
@Resolver(() => Access)
export class SharedWithMeResolver {
  @FieldResolver(() => Boolean, {
    description:
      "Whether this client opened a link to a session that waits for an admin's approval: it opens once it is approved.\n" +
      "False for every other session.",
  })
  async awaitsApproval(@IdArg("sessionId") sessionId: string, @Ctx() { directory, principal: { reader } }: ApiContext): Promise<boolean> {
    if (reader === null || !isId(sessionId)) return false;
    const session = await directory.find(sessionId);
    return session?.approval === "PENDING" && reader.shared.includes(sessionId) && session.visibility !== "PRIVATE";
  }

  @Mutation(() => Access, {
    description:
      "Gives the WebSocket over which it is sent a fresh credential, before the one before ends. Operations that follow are\n" +
      "those of the new credential, and subscriptions that it may not see end. CONFLICT over HTTP and without access control.",
  })
  async renewAccess(
    @Arg("token", () => String, { description: "A secret that connection_init would take." }) token: string,
    @Ctx() { renewal, accessMode, requiresApproval }: ApiContext,
  ): Promise<Access> {
    if (!renewal) throw conflict("token", "Only the credential of a WebSocket can be renewed, on a server with access control.");
    const { role, name, expiresAt } = await renewal.renew(token);
    return { mode: accessMode, role, name, expiresAt, requiresApproval };
  }
}

const openArgument = { nullable: true, defaultValue: false, description: "Only links that open something." };

/** Who may see a session, and what this client may do with it. */
@Resolver(() => Session)
export class SessionAccessResolver {
  @FieldResolver(() => Boolean, { description: "Whether this client started the session." })
  isMine(@Root() { ownerId }: SessionRecord, @Ctx() { principal }: ApiContext): boolean {
    return ownerId === principal.ownerId;
  }

  @FieldResolver(() => Boolean, { description: "Whether this client may steer, rename, share and delete the session." })
  mayChange(@Root() { ownerId }: SessionRecord, @Ctx() { principal }: ApiContext): boolean {
    return principal.role === "ADMIN" || (principal.role === "ARTIST" && ownerId === principal.ownerId);
  }

  @FieldResolver(() => [Link], {
    nullable: true,
    description: "Links that share the session, newest first; null for whoever may not change the session.",
  })
  async links(
    @Root() session: SessionRecord,
    @Arg("first", () => Int, firstArgument) first: number | null,
    @Arg("open", () => Boolean, openArgument) open: boolean | null,
    @Ctx() context: ApiContext,
  ): Promise<LinkRecord[] | null> {
    if (!this.mayChange(session, context)) return null;
    const filter = { kind: "SHARE", sessionId: session.id, ...(open ? { openAt: new Date() } : {}) } as const;
    return context.links.list({ first: lengthOf(first), skip: 0 }, filter);
  }
}

@Resolver(() => Link)
export class LinkResolver {
  @FieldResolver(() => Boolean, {
    description: "Whether the link belongs to this client. A link to a session belongs to the session's owner.",
  })
  isMine(@Root() { ownerId }: LinkRecord, @Ctx() { principal }: ApiContext): boolean {
    return ownerId === principal.ownerId;
  }

  @Query(() => [Link], { description: "Links and tokens of one's own, and for an admin all of them, newest first." })
  links(
    @Arg("first", () => Int, firstArgument) first: number | null,
    @Arg("skip", () => Int, {
      nullable: true,
      defaultValue: 0,
      description: "Links to leave out at the beginning. At least 0; 0 by default.",
    })
    skip: number | null,
    @Arg("kind", () => LinkKind, { nullable: true, description: "Only links of this kind." }) kind: LinkKind | null | undefined,
    @Arg("open", () => Boolean, openArgument) open: boolean | null,
    @Arg("mine", () => Boolean, { nullable: true, defaultValue: false, description: "Only links of one's own." }) mine: boolean | null,
    @Ctx() { links, principal }: ApiContext,
  ): Promise<LinkRecord[]> {
    return links.list(
      { first: lengthOf(first), skip: skipOf(skip) },
      {
        ...(kind ? { kind } : {}),
        ...(open ? { openAt: new Date() } : {}),
        // Other people's links are the business of admins.
        ...(principal.role === "ADMIN" && !mine ? {} : { ownerId: ownerOf(principal) }),
      },
    );
  }

  @Mutation(() => NewLink, {
    description: "Makes a link by which people and programs may use the server. CONFLICT without access control.",
  })
  async createLink(
    @Arg("input", () => AccessLinkInput, { description: "The link." }) { role, ...input }: AccessLinkInput,
    @Ctx() context: ApiContext,
  ): Promise<NewLink> {
    return answered(await context.links.create(newLink(input, context), { kind: "ACCESS", role }));
  }

  @Mutation(() => NewLink, {
    description:
      "Makes a link that opens one session, which becomes LINK if it was PRIVATE. Where approval is required, it opens once an\n" +
      "admin approved the session. CONFLICT without access control.",
  })
  async shareSession(
    @IdArg("sessionId") sessionId: string,
    @Arg("input", () => LinkInput, { description: "The link." }) input: LinkInput,
    @Ctx() context: ApiContext,
  ): Promise<NewLink> {
    const session = await requireSession(context.storage, requireId("sessionId", sessionId));
    return answered(await context.sharing.share(session, newLink(input, context), context.principal));
  }

  @Mutation(() => NewLink, {
    description:
      "Makes an address of the MJPEG stream of one of one's own lasting outputs, for programs without credentials. CONFLICT\n" +
      "without access control, FORBIDDEN for artists where approval is required.",
  })
  async shareOutput(
    @Arg("output", () => String, { description: "Name of the output. 1 to 48 small letters, digits, hyphens and underscores." })
    output: string,
    @Arg("input", () => LinkInput, { description: "The link." }) input: LinkInput,
    @Ctx() context: ApiContext,
  ): Promise<NewLink> {
    if (context.requiresApproval && context.principal.role !== "ADMIN") {
      // Nobody reviews what an output will show.
      throw new AtelierError("FORBIDDEN", "On this server only admins share live outputs.", { field: "output" });
    }
    const target = { kind: "OUTPUT", output: requireOutputName("output", output) } as const;
    return answered(await context.links.create(newLink(input, context), target));
  }

  @Mutation(() => NewToken, {
    description:
      "Makes a token with which a program may use the server, as Authorization: Bearer. No browser can use it. CONFLICT\n" +
      "without access control.",
  })
  async createToken(
    @Arg("input", () => TokenInput, { description: "The token." }) { role, replaces, ...input }: TokenInput,
    @Ctx() context: ApiContext,
  ): Promise<NewToken> {
    const made = newLink(input, context);
    const replaced = replaces ? await context.links.requireToken("input.replaces", requireId("input.replaces", replaces)) : null;
    const { link, secret } = await context.links.create(made, { kind: "TOKEN", role, replaces: replaced });
    return { token: link, secret };
  }

  @Mutation(() => Link, {
    description: "Ends what a link or token opens, at once and for everyone who came by it. CONFLICT for a link that was revoked before.",
  })
  revokeLink(@IdArg("id", "link") id: string, @Ctx() { links }: ApiContext): Promise<LinkRecord> {
    return links.revoke(requireId("id", id));
  }
}

/** @throws AtelierError CONFLICT without access control. */
function newLink({ name, expiresAt }: LinkInput, { accessMode, principal, allowances }: ApiContext): LinkToMake {
  if (accessMode === "NONE") throw conflict("input", "Everyone on this machine may use this server; ATELIER_ACCESS=link turns links on.");
  const place = linkPlace(allowances, principal, "input");
  return { name, expiresAt: expiresAt ?? null, ownerId: ownerOf(principal), ...(place ? { place } : {}) };
}

function answered(made: LinkWithSecret): NewLink {
  return { ...made, path: pathOf(made) };
}
