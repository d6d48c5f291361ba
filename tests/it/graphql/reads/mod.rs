//! Sales, money and the inbox: on both databases, over rows that are stored as they would be by the services.

mod as_of;
mod audit;
mod commerce;
mod feed;
mod guide;
mod inbox;
mod insight;
mod money;
mod pages;
mod partner;
mod recount;
mod rows;
mod sales;
mod statements;
mod world;
