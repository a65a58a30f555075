CREATE TABLE "audit_entries" (
	"ordinal" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_entries_ordinal_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone NOT NULL,
	"action" text NOT NULL,
	"code" text,
	"name" text,
	"role" text,
	"owner_id" text,
	"address" text,
	"about" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "blob_candidates" (
	"digest" text PRIMARY KEY NOT NULL,
	"since" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"session_id" text NOT NULL,
	"step" integer NOT NULL,
	"object_key" text NOT NULL,
	"bytes" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "checkpoints_pk" PRIMARY KEY("session_id","step")
);
--> statement-breakpoint
CREATE TABLE "films" (
	"id" text PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"session_id" text NOT NULL,
	"beside_id" text,
	"settings" json NOT NULL,
	"state" text NOT NULL,
	"progress" double precision NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"error" jsonb,
	"bytes" bigint,
	"maker_id" text NOT NULL,
	"lease_until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" text PRIMARY KEY NOT NULL,
	"announcement" json NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "worker_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "lease_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "fence" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "claimed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "takeovers" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "owner_limit" integer;--> statement-breakpoint
CREATE INDEX "blob_candidates_since" ON "blob_candidates" USING btree ("since");--> statement-breakpoint
CREATE INDEX "checkpoints_object" ON "checkpoints" USING btree ("object_key");--> statement-breakpoint
CREATE INDEX "checkpoints_newest" ON "checkpoints" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "films_session" ON "films" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "films_beside" ON "films" USING btree ("beside_id");--> statement-breakpoint
CREATE INDEX "films_owner" ON "films" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "films_oldest" ON "films" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "films_open" ON "films" USING btree ("lease_until") WHERE "films"."state" in ('QUEUED', 'RUNNING');--> statement-breakpoint
CREATE INDEX "sessions_served" ON "sessions" USING btree ("owner_id","claimed_at");--> statement-breakpoint
CREATE INDEX "sessions_unfinished" ON "sessions" USING btree ("queued_at","ordinal") WHERE "sessions"."status" in ('QUEUED', 'RUNNING');