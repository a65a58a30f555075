CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"last_sign_in_at" timestamp (3) with time zone NOT NULL,
	"access_ended_at" timestamp (3) with time zone,
	CONSTRAINT "users_account" UNIQUE("issuer","subject")
);
--> statement-breakpoint
ALTER TABLE "links" ADD COLUMN "acts_for" text;--> statement-breakpoint
ALTER TABLE "visitors" ADD COLUMN "user_id" text;--> statement-breakpoint
ALTER TABLE "visitors" ADD COLUMN "signed_in_until" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "users_newest" ON "users" USING btree ("last_sign_in_at","id");--> statement-breakpoint
ALTER TABLE "visitors" ADD CONSTRAINT "visitors_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "visitors_user" ON "visitors" USING btree ("user_id");