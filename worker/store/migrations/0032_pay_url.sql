-- Where the payment that failed can be paid, until money comes.
ALTER TABLE subscriptions ADD COLUMN pay_url TEXT;
