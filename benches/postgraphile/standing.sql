-- What stands for a partner by currency, as PostGraphile shows it beside each partner: the sums that our own list has.
CREATE TYPE standing AS (currency text, pending bigint, payable bigint);
CREATE FUNCTION partner_standing(partner partner) RETURNS SETOF standing LANGUAGE sql STABLE AS $$
  SELECT currency,
    coalesce(sum(amount) FILTER (WHERE account = 'PARTNER_PENDING'), 0)::bigint,
    coalesce(sum(amount) FILTER (WHERE account = 'PARTNER_PAYABLE'), 0)::bigint
  FROM ledger_entry
  WHERE partner_id = partner.id AND account IN ('PARTNER_PENDING', 'PARTNER_PAYABLE', 'PAYOUT_CLEARING')
  GROUP BY currency ORDER BY currency
$$;
