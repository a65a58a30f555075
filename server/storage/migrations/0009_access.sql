CREATE TABLE "links" (
	"id" text PRIMARY KEY NOT NULL,
	"secret_hash" text NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"role" text,
	"session_id" text,
	"output" text,
	"owner_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "links_secret" UNIQUE("secret_hash")
);
--> statement-breakpoint
CREATE TABLE "visitor_shares" (
	"visitor_id" text NOT NULL,
	"link_id" text NOT NULL,
	CONSTRAINT "visitor_shares_pk" PRIMARY KEY("visitor_id","link_id")
);
--> statement-breakpoint
CREATE TABLE "visitors" (
	"id" text PRIMARY KEY NOT NULL,
	"secret_hash" text,
	"previous_hash" text,
	"link_id" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "visitors_secret" UNIQUE("secret_hash"),
	CONSTRAINT "visitors_previous" UNIQUE("previous_hash")
);
--> statement-breakpoint
ALTER TABLE "images" ADD COLUMN "owner_id" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "owner_id" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "visibility" text DEFAULT 'PRIVATE' NOT NULL;--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "visitor_shares" ADD CONSTRAINT "visitor_shares_visitor_id_visitors_id_fk" FOREIGN KEY ("visitor_id") REFERENCES "public"."visitors"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "visitor_shares" ADD CONSTRAINT "visitor_shares_link_id_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "visitors" ADD CONSTRAINT "visitors_link_id_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "links_session" ON "links" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "links_newest" ON "links" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "images_owner_newest" ON "images" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "sessions_owner_newest" ON "sessions" USING btree ("owner_id","created_at","ordinal");--> statement-breakpoint
CREATE INDEX "sessions_public" ON "sessions" USING btree ("created_at","ordinal") WHERE "sessions"."visibility" = 'PUBLIC';