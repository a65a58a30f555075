CREATE TABLE "installation" (
	"id" text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_trials" (
	"sha256" text NOT NULL,
	"card_sha256" text NOT NULL,
	"device" text NOT NULL,
	"engine" text NOT NULL,
	"trier_id" text,
	"lease_until" timestamp (3) with time zone,
	"attempts" integer NOT NULL,
	"accepted" boolean,
	"parameters" bigint,
	"reason" text,
	"tried_at" timestamp (3) with time zone,
	CONSTRAINT "model_trials_pk" PRIMARY KEY("sha256","card_sha256","device","engine")
);
--> statement-breakpoint
CREATE TABLE "shared_models" (
	"id" text PRIMARY KEY NOT NULL,
	"file_sha256" text NOT NULL,
	"file_bytes" bigint NOT NULL,
	"card_sha256" text NOT NULL,
	"card_bytes" bigint NOT NULL,
	"origin" text NOT NULL,
	"machine" text NOT NULL,
	"added_at" timestamp (3) with time zone NOT NULL,
	"removed_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "lower_title" text GENERATED ALWAYS AS (lower("sessions"."title")) STORED;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "wish" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "traceparent" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "model" text GENERATED ALWAYS AS ("sessions"."settings" ->> 'model') STORED;--> statement-breakpoint
CREATE INDEX "shared_models_file" ON "shared_models" USING btree ("file_sha256");--> statement-breakpoint
CREATE INDEX "shared_models_card" ON "shared_models" USING btree ("card_sha256");--> statement-breakpoint
CREATE INDEX "sessions_listed" ON "sessions" USING btree ("created_at","ordinal","id","kind","status","starred","expires_at","owner_id","visibility","approval","source_id","model","lower_title");--> statement-breakpoint
CREATE INDEX "visitors_link" ON "visitors" USING btree ("link_id");