-- As open-region, but the records of one owner are for matching only: posts hold and search
-- their templates, nobody but the owner reads who it is.  A candidate shows "UTO-FIU holds
-- information" with the reference, and the post asks the owner.

local match_only_owner = 'UTO-FIU'

-- Groups of records that are about a person; mail and control entries have rules of their own.
local about_a_person = { match = true, identity = true, case = true }

-- One false candidate in how many searches: screening of everybody needs fewer than a check
-- with a reason.
local false_candidates = {
  border = 1e-4,
  asylum = 1e-4,
  security = 1e-3,
  locate = 1e-3,
  identify = 1e-2,
  missing = 1e-2,
  child = 1e-2,
}

local sensitivities = {
  red = 'restricted',
  diffusion = 'restricted',
  ['un-special'] = 'open',
  yellow = 'restricted',
  black = 'open',
}

local function classify(record)
  return {
    region = record.region,
    sensitivity = sensitivities[record.type] or 'confidential',
    reason = 'sensitivity follows the notice type ' .. record.type,
  }
end

local function entitle(class, peer)
  if peer.role == 'relay' or not about_a_person[class.group] then
    return 'relay', 'carried sealed'
  end
  if class.owner == match_only_owner and class.group ~= 'match' then
    return 'relay', 'match only: ' .. match_only_owner .. ' alone reads who it is'
  end
  if peer.role == 'hq' then
    return 'read', 'headquarters reconciles every region'
  end
  if peer.region == class.region then
    return 'read', 'a node of the region where the record may be used'
  end
  if class.group == 'match' and class.sensitivity ~= 'confidential' then
    return 'hold', 'alerts of another region are kept sealed'
  end
  return 'relay', 'another region carries it sealed'
end

local function match(encounter)
  if encounter.minor and encounter.purpose == 'child' then
    return {
      search = true,
      fpir = false_candidates.child,
      reviewers = 3,
      headquarters = true,
      reason = 'child protection: three people judge',
    }
  end
  if encounter.minor or encounter.protection then
    return { search = false, headquarters = false, reason = 'outside automatic search' }
  end
  return {
    search = true,
    fpir = false_candidates[encounter.purpose] or 1e-3,
    reviewers = 2,
    headquarters = true,
    reason = 'rate of false candidates follows the purpose ' .. encounter.purpose,
  }
end

local function disclose(candidate, _, self)
  if candidate.type == 'orange' then
    return 'nothing', 'orange notices are not about persons'
  end
  if candidate.owner == match_only_owner and self.owner ~= match_only_owner then
    return 'reference', 'match only: ask ' .. match_only_owner
  end
  if candidate.type == 'blue' and self.role == 'post' then
    return 'reference', 'a blue notice asks for information: its owner asks the questions'
  end
  return 'full', 'posts of the region see the record in full'
end

return {
  name = 'match-only',
  version = 1,
  classify = classify,
  entitle = entitle,
  match = match,
  disclose = disclose,
}
