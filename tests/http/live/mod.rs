//! Subscriptions: what they tell, to whom, and when they end.

mod events;
mod protocol;
mod tells;
