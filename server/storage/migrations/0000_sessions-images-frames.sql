CREATE TABLE "deleted_sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"ordinal" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "frames" (
	"session_id" text NOT NULL,
	"step" integer NOT NULL,
	"digest" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"mime_type" text NOT NULL,
	"bytes" integer NOT NULL,
	"losses" json,
	"compute_ms" double precision NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "frames_pk" PRIMARY KEY("session_id","step")
);
--> statement-breakpoint
CREATE TABLE "images" (
	"id" text PRIMARY KEY NOT NULL,
	"digest" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"mime_type" text NOT NULL,
	"bytes" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"ordinal" bigint GENERATED ALWAYS AS IDENTITY (sequence name "sessions_ordinal_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"title" text,
	"status" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"device" text,
	"error" jsonb,
	"step" integer NOT NULL,
	"frame_count" bigint DEFAULT 0 NOT NULL,
	"frame_bytes" bigint DEFAULT 0 NOT NULL,
	"settings" json,
	"content_id" text,
	"styles" json
);
--> statement-breakpoint
ALTER TABLE "frames" ADD CONSTRAINT "frames_session" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_content_id_images_id_fk" FOREIGN KEY ("content_id") REFERENCES "public"."images"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "frames_digest" ON "frames" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "images_digest" ON "images" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "sessions_newest" ON "sessions" USING btree ("created_at","ordinal");--> statement-breakpoint
CREATE INDEX "sessions_status_newest" ON "sessions" USING btree ("status","created_at","ordinal");